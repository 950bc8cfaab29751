// Where hobnobd keeps everything if it is not told where.
#pragma once

// $XDG_STATE_HOME/hobnob, else ~/.local/state/hobnob (XDG base directory specification); empty if
// there is neither. The caller frees it.
char *data_folder_standard(void);
