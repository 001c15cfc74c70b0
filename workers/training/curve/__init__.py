"""The learning curve: fitting it, forecasting with it, and what the next purchase brings. Arrays in and out; no Django."""
