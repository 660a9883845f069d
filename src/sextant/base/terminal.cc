#include "sextant/base/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>
#include <cstdlib>
#include <string>
#include <string_view>

namespace sextant {
namespace {

std::string_view environment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

}  // namespace

bool is_terminal(int fd) { return isatty(fd) == 1; }

int terminal_width(int fd) {
  winsize size{};
  if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    return size.ws_col;
  }
  const int columns = std::atoi(std::string(environment("COLUMNS")).c_str());
  return columns > 0 ? columns : 80;
}

bool use_colour(ColourMode mode, int fd) {
  if (mode != ColourMode::kAuto) {
    return mode == ColourMode::kAlways;
  }
  if (!environment("NO_COLOR").empty()) {
    return false;
  }
  const std::string_view force = environment("CLICOLOR_FORCE");
  if (!force.empty() && force != "0") {
    return true;
  }
  return environment("TERM") != "dumb" && is_terminal(fd);
}

}  // namespace sextant
