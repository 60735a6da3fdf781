# Copyright 2026 The follow_anything authors
# SPDX-License-Identifier: Apache-2.0
"""Export of the shipped networks: precision, ONNX or TensorRT, comparison."""
