"""The trade: organisation, customers, routing, conversations, work items; each a package, lower ones first."""
