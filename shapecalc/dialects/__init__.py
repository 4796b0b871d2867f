"""Other programs' model files, one folder for each format; `registry` knows them all."""
