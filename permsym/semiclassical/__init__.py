"""Mean field's neighbours: approximations that add fluctuations to it and need no closure."""
