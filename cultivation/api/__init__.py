"""What the pipeline answers to programs: judgements, applications and their rounds, notices and titles."""
