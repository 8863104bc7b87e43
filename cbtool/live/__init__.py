"""Live traffic: engine, transport, safety, run record, and the fault-injecting upstream. The room that does IO."""
