# Keeps what the window shows after --frames=N frames, and ends.
extends Node

func _ready():
	var frames = 0
	for argument in OS.get_cmdline_args():
		if argument.begins_with("--frames="):
			frames = int(argument.split("=")[1])
	if frames == 0:
		Engine.time_scale = 0
	for _i in range(int(max(frames, 3))): # the first ones aren't shown yet
		yield(VisualServer, "frame_post_draw")
	var image = get_viewport().get_texture().get_data()
	image.flip_y()
	image.save_png("res://showing.png")
	var folder = Directory.new()
	folder.rename("res://showing.png", "res://shown.png") # whole
	get_tree().quit()
