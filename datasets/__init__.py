"""Pictures in: raw folders → prepared data sets (`prepare`) → arrays and batches (`pictures`, `pipeline`)."""
