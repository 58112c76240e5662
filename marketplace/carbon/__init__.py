"""An estimate of what moving and treating a waste emits, and apart from it what its use avoids."""
