"""Hand-over of champions to KServe InferenceServices.

Public modules: handoff, inference_service.
"""
