#include "sextant/train/labelled_text.h"

// The first byte chooses the format and the columns.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) {
    return 0;
  }
  sextant::train::LabelledColumns columns;
  columns.header = (data[0] & 2) == 0;
  if (!columns.header) {
    columns = {.text = "1", .label = "2", .header = false};
  }
  if ((data[0] & 4) != 0) {
    columns.label_names = {"no", "yes"};
  }
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto row = [&](std::string_view, int64_t label) -> sextant::Result<void> {
    if (label < 0 || (!columns.label_names.empty() && label > 1)) {
      __builtin_trap();
    }
    return {};
  };
  static_cast<void>((data[0] & 1) != 0
                        ? sextant::train::read_labelled_jsonl(text, columns, "fuzz", row)
                        : sextant::train::read_labelled_tsv(text, columns, "fuzz", row));
  return 0;
}
