import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { artifactBlobQuery } from "../../../api/artifacts";
import { Empty } from "../../../ui/Empty";
import s from "../Artifacts.module.css";

/** A PDF in the browser's own viewer. The type is ours, so whatever the bytes are, they are read as a PDF and nothing else. */
export function Pdf({ runId, path }: { runId: string; path: string }) {
  const { data, error } = useQuery(artifactBlobQuery(runId, path, "application/pdf"));
  const [source, setSource] = useState("");
  useEffect(() => {
    if (!data) return;
    const made = URL.createObjectURL(data);
    setSource(made);
    return () => URL.revokeObjectURL(made);
  }, [data]);
  if (error) return <Empty icon="crash" title="The file could not be read">{error.message}</Empty>;
  if (!navigator.pdfViewerEnabled) {
    return (
      <Empty icon="file" title="This browser shows no PDF">
        <p>Download it to open it elsewhere.</p>
      </Empty>
    );
  }
  return source ? <iframe className={s.frame} src={source} title={path} /> : null;
}
