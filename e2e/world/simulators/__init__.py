"""Stand-ins for what runs inside a member: CassKop and its pods."""
