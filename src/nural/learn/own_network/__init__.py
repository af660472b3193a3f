"""A learner's own network, of PyTorch or Keras, as an exercise: its skeleton, and what is said of what is written."""
