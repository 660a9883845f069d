// Shell completion: scripts for bash, zsh and fish with every command and option in them.
#pragma once

#include <string>

#include "sextant/cli/session.h"

namespace sextant::cli {

enum class Shell { kBash, kZsh, kFish };

std::string completion_script(Shell shell, const Program& program);

}  // namespace sextant::cli
