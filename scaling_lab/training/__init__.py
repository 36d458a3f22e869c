"""Training and evaluation of one point. Read `train_point` first."""
