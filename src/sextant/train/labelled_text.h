// Rows of text and label from a TSV or JSONL file, handed on one by one.
//
// TSV is GLUE's: fields between tabs, no quoting, the columns' names in the first line, every row
// of as many fields. JSONL is one object a line; the text is a string, the label an integer or a
// string; empty lines are passed over. Nothing is kept, so memory does not grow with the file.
// Errors name the line: kDataLoss, kNotFound (no such column), kOutOfRange (a line too long).
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "sextant/base/error.h"

namespace sextant::train {

struct LabelledColumns {
  std::string text = "sentence";
  std::string label = "label";                // empty: rows have no label, it is kIgnoredLabel
  std::vector<std::string> label_names = {};  // label i is called label_names[i]; empty: integers
  bool header = true;                         // TSV without one calls its columns "1", "2", ...
};

using LabelledRow = std::function<Result<void>(std::string_view text, int64_t label)>;

// `where` names the file in messages. Errors of `row` are handed on.
Result<void> read_labelled_tsv(std::string_view bytes, const LabelledColumns& columns,
                               std::string_view where, const LabelledRow& row);
Result<void> read_labelled_jsonl(std::string_view bytes, const LabelledColumns& columns,
                                 std::string_view where, const LabelledRow& row);

}  // namespace sextant::train
