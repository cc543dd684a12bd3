//! The vendor's tools as judges.
