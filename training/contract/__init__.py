"""What a family, its trainer and a training are to each other."""
