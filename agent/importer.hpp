// Many devices at once, from a table: a row each, a column each setting (docs/agent.md, "Import").
// Either every cell is good and all of it is one change, or nothing is taken and every bad cell is
// named. One thread; throws soci::soci_error.
#pragma once

#include <string>
#include <vector>

#include "agent/csv/csv_table.hpp"
#include "agent/operations.hpp"

namespace plugtone {

struct BadCell {
    std::size_t row = 0;
    std::size_t column = 0; // from 1; 0: the row as a whole
    std::string text;
};

struct ImportOutcome {
    std::vector<BadCell> bad; // if there are any, nothing was taken
    Notes notes;
    std::size_t added = 0;
    std::size_t changed = 0;
    std::size_t unchanged = 0;
};

// An empty cell leaves what is there as it is. A device that exists is changed, one that does not
// is added.
Result<ImportOutcome> import_devices(Operations& operations, const CsvTable& table,
                                     const Pipeline::Progress& progress);

} // namespace plugtone
