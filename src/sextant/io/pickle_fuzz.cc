#include "sextant/io/pickle.h"
#include "sextant/io/pickle_flatten.h"
#include "sextant/io/pickle_vm.h"

namespace {

using namespace sextant;  // NOLINT(google-build-using-namespace): a program of one page

// Touches every element that a view promises; the sanitizer watches.
unsigned read_all(const TensorView& view, const std::byte* from, size_t axis, int64_t& left) {
  const auto item = info(view.dtype).block_bytes;
  if (axis == view.shape.size()) {
    --left;
    return static_cast<unsigned>(from[0]) + static_cast<unsigned>(from[item - 1]);
  }
  unsigned sum = 0;
  for (int64_t i = 0; i < view.shape[axis] && left > 0; ++i) {
    sum += read_all(view, from + i * view.strides[axis] * item, axis + 1, left);
  }
  return sum;
}

unsigned read_source(const io::TensorSource& source) {
  unsigned sum = 0;
  for (const io::TensorInfo& tensor : source.tensors()) {
    const auto view = source.view(tensor.name);
    if (!view->strides.empty()) {
      int64_t left = 10'000;
      sum += read_all(*view, view->data, 0, left);
    } else if (tensor.bytes > 0) {
      sum += static_cast<unsigned>(view->bytes()[0]) + static_cast<unsigned>(view->bytes().back());
    }
  }
  return sum;
}

}  // namespace

// A whole file, or (anything that is not one) a bare pickle.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  if (const auto source = io::parse_pickle(bytes, "fuzz.pt")) {
    return read_source(**source) == 0xffffffff ? 1 : 0;
  }
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const io::PickleRules rules{.memory = uint64_t{8} << 20, .script = true};
  if (const auto document = io::run_pickle(text, "fuzz.pkl", rules)) {
    static_cast<void>(io::flatten_pickle(*document, "fuzz.pkl", rules.memory));
  }
  return 0;
}
