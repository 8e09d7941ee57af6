"""The pages: server-rendered, the other face of the gate."""
