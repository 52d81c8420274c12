"""What engines load: meshes with materials, and textures in their order."""
