// The list of all commands.
#pragma once

#include "sextant/cli/verb.h"

namespace sextant::cli {

std::unique_ptr<Verb> make_completion();
std::unique_ptr<Verb> make_doctor();
std::unique_ptr<Verb> make_list();

// In the order of the help.
Verbs make_verbs();

}  // namespace sextant::cli
