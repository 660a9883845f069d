// The list of all commands.
#pragma once

#include "sextant/cli/verb.h"

namespace sextant::cli {

std::unique_ptr<Verb> make_doctor();

// In the order of the help.
Verbs make_verbs();

}  // namespace sextant::cli
