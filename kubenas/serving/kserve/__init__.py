"""A champion as a KServe InferenceService.

Public modules: handoff, inference_service.
"""
