"""The API of trainings, learning curves and recommendations."""
