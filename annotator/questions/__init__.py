"""Questions: drafts and revisions, worked examples, and suggestions of models."""
