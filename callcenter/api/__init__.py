"""The HTTP face: parse, ask a port, render. One file per resource; the OpenAPI document comes from the same models."""
