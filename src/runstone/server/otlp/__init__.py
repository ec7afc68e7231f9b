"""Spans as OpenTelemetry's exporters send them (OTLP over HTTP)."""
