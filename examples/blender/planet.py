"""Renders a planet in the light of its star: blender --background --python planet.py -- planet.glb planet.png"""

import sys
from math import radians

import numpy

if not hasattr(numpy, "bool"):
    numpy.bool = bool  # Blender before 3.6 asks for the name, which NumPy 1.24 dropped

import bpy
from mathutils import Vector

planet, picture = sys.argv[sys.argv.index("--") + 1 :]

bpy.ops.wm.read_factory_settings(use_empty=True)
bpy.ops.import_scene.gltf(filepath=planet)
scene = bpy.context.scene

sun = bpy.data.objects.new("sun", bpy.data.lights.new("sun", "SUN"))
sun.data.energy = 3.14  # white is white where it is overhead
sun.rotation_euler = Vector((-4, -2, 2)).to_track_quat("Z", "Y").to_euler()  # from the left, in front and above
scene.collection.objects.link(sun)
scene.world = bpy.data.worlds.new("sky")
scene.world.use_nodes = True
scene.world.node_tree.nodes["Background"].inputs["Color"].default_value = (0.015, 0.015, 0.015, 1)

scene.camera = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
scene.camera.location.y = -4.5  # radii of the planet; Blender's z is up
scene.camera.rotation_euler.x = radians(90)
scene.camera.data.angle = radians(30)
scene.collection.objects.link(scene.camera)

scene.render.engine = "CYCLES"
scene.cycles.samples = 16
scene.cycles.use_denoising = False  # Debian builds Blender without it
scene.render.resolution_x = scene.render.resolution_y = 512
scene.render.film_transparent = True
scene.view_settings.view_transform = "Standard"
scene.render.filepath = picture
bpy.ops.render.render(write_still=True)
