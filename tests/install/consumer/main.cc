// What a program that uses the installed library looks like.
#include <cstdio>

#include "sextant/base/tensor_view.h"

int main() {
  const auto bytes = sextant::byte_count(sextant::DType::kQ4_1, {2, 64});
  const auto refused = sextant::byte_count(sextant::DType::kQ4_1, {2, 65});
  std::printf("%lld bytes; %s\n", static_cast<long long>(bytes.value_or(-1)),
              refused ? "accepted" : refused.error().message.c_str());
}
