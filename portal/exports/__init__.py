"""Any list as a file: with chosen columns, its conditions and moment printed in it, kept and found again."""
