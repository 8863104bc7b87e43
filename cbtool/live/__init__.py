"""Live traffic: engine, transport, safety, run record, fault-injecting upstream. The room that does IO."""
