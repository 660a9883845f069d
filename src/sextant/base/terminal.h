// What the program may know of a terminal: is there one, how wide, may it be coloured.
#pragma once

namespace sextant {

enum class ColourMode { kAuto, kAlways, kNever };

// True where the file descriptor is a terminal.
bool is_terminal(int fd);

// Columns of the terminal, else $COLUMNS, else 80.
int terminal_width(int fd);

// Colours on this descriptor: the option decides, then NO_COLOR (off), CLICOLOR_FORCE (on),
// TERM=dumb (off), then whether it is a terminal.
bool use_colour(ColourMode mode, int fd);

}  // namespace sextant
