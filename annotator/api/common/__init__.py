"""What every part of the API shares: authentication, errors, fields, filters, pages, and what a request may reach."""
