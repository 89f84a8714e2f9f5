"""How each kind of step is done, one module an area. Each looks first whether its effect is there already."""
