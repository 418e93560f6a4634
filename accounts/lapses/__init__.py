"""What an open account was given for and that runs out: the signature, the training, the agency's agreement."""
