// The readers of config.json of one network form each; config_from_hf picks one by model_type.
//
// `family` is the model_type. Errors: those of config_from_hf.
#pragma once

#include <string>

#include "sextant/lm/config.h"

namespace sextant::lm {

Result<DecoderConfig> gpt2_form(const Json& config, std::string family);
Result<DecoderConfig> opt_form(const Json& config, std::string family);

}  // namespace sextant::lm
