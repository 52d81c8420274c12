# A planet that turns in the light of its star, under clouds that drift. For Godot 3 and 4.
extends Node

func _ready():
	$Sun.look_at_from_position(Vector3(-4, 2, 2), Vector3(), Vector3.UP) # from the left, above and in front
	$Camera.look_at_from_position(Vector3(0, 0, 4.5), Vector3(), Vector3.UP) # radii of the planet

func _process(delta):
	var turn = delta / 10 # radians, to the east: a turn a minute
	$Planet.rotate_y(turn)
	var ground = $Planet.get_child(0)
	if ground.has_node("clouds"): # of kinds that have any
		ground.get_node("clouds").rotate_object_local(Vector3.UP, turn / 5) # by which they get ahead of the ground
