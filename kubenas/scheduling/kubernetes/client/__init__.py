"""A client of the Kubernetes API: connection, requests and watches."""
