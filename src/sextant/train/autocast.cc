#include "sextant/train/autocast.h"

#include <ATen/autocast_mode.h>

namespace sextant::train {

namespace autocast = at::autocast;

Autocast::Autocast(torch::Device device, const std::string& precision)
    : device_(device.type()),
      on_(precision == "bf16"),
      was_enabled_(autocast::is_autocast_enabled(device_)),
      was_type_(autocast::get_autocast_dtype(device_)) {
  if (on_) {
    autocast::set_autocast_enabled(device_, true);
    autocast::set_autocast_dtype(device_, at::kBFloat16);
    autocast::increment_nesting();
  }
}

Autocast::~Autocast() {
  if (on_) {
    // Narrow copies of the weights, which the next update makes old.
    if (autocast::decrement_nesting() == 0) {
      autocast::clear_cache();
    }
    autocast::set_autocast_enabled(device_, was_enabled_);
    autocast::set_autocast_dtype(device_, was_type_);
  }
}

}  // namespace sextant::train
