"""`python -m tests.training.engine.on_devices COUNT REQUESTS`: trains on a processor that poses as several devices.

REQUESTS is a JSON list of arguments of `training.train`, each a list, served one after another. The exit codes are
printed as JSON.
"""

from __future__ import annotations

import json
import sys

import tensorflow as tf

from training.train import main

if __name__ == "__main__":
    count, requests = int(sys.argv[1]), json.loads(sys.argv[2])
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    tf.config.set_visible_devices([], "GPU")
    devices = [tf.config.LogicalDeviceConfiguration()] * count
    tf.config.set_logical_device_configuration(tf.config.list_physical_devices("CPU")[0], devices)
    print(json.dumps([main(request) for request in requests]))
