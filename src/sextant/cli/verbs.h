// The list of all commands.
#pragma once

#include "sextant/cli/verb.h"

namespace sextant::cli {

std::unique_ptr<Verb> make_bench();
std::unique_ptr<Verb> make_chat();
std::unique_ptr<Verb> make_classify();
std::unique_ptr<Verb> make_completion();
std::unique_ptr<Verb> make_demo();
std::unique_ptr<Verb> make_doctor();
std::unique_ptr<Verb> make_embed();
std::unique_ptr<Verb> make_eval();
std::unique_ptr<Verb> make_forward();
std::unique_ptr<Verb> make_generate();
std::unique_ptr<Verb> make_list();
std::unique_ptr<Verb> make_show();
std::unique_ptr<Verb> make_tokenize();
std::unique_ptr<Verb> make_train();

// In the order of the help.
Verbs make_verbs();

}  // namespace sextant::cli
