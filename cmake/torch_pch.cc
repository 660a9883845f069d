// Owner of the precompiled header of all files that include torch.
