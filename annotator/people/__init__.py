"""People: who may see and do what, members and groups, invitations, sign-in, passwords and tokens."""
