"""What stands in data wants something started or stopped, and the model obeys it."""
