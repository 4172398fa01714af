"""Ground floor: what is known. Tables, rules and queries; no screen, no tensors."""
