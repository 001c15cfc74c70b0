"""The learning curve: fitting it, forecasting with it, and the value of the next purchase. Arrays in and out; no Django."""
