"""The demo world: invented people, enterprises and workbooks for the five tenants.

Everything is drawn from seeds, so two homes hold the same world; only the passwords differ. No person,
enterprise or figure is real: the credit codes begin their subject code with letters that are not issued.
"""
