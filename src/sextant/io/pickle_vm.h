// Runs a pickle (protocols 2 to 5) as data: 46 opcodes and a fixed table of names
// (pickle_globals.h), everything else is refused. Nothing is imported, called or looked up outside
// the document. Private to the pickle reader.
//
// Memory is booked before it is taken. Errors: kDataLoss (breaks the format, with the byte),
// kOutOfRange (a limit), kUnsupported (an opcode or name that is not allowed). Cost is linear in
// the pickle.
#pragma once

#include <cstdint>
#include <string_view>

#include "sextant/base/error.h"
#include "sextant/io/pickle_value.h"

namespace sextant::io {

struct PickleRules {
  uint64_t memory = 0;  // bytes that values may take
  bool script = false;  // names below "__torch__." are plain objects (TorchScript)
};

// Values look into `pickle`, which must outlive the document and may go on behind the STOP.
// `where` names it in messages.
Result<PickleDocument> run_pickle(std::string_view pickle, std::string_view where,
                                  const PickleRules& rules);

}  // namespace sextant::io
