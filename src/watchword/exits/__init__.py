"""What leaves an account: destinations, holds, caps; spending an approval for something of value (policy §6)."""
