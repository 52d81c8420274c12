from __future__ import annotations

import os

# oneDNN rounds sums otherwise than TensorFlow's own kernels, and tests compare runs in this process and in others.
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
